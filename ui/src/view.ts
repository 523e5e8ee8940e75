// The view library, with its declarations. Everything else imports it from here, so that there is one place to change.

// @ts-types="../types/preact.d.ts"
export { Fragment, h, render } from "../vendor/preact/preact.js";
// @ts-types="../types/preact-hooks.d.ts"
export { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "../vendor/preact/hooks.js";
export type { ComponentChild, ComponentChildren, FunctionComponent, RefObject, VNode } from "../types/preact.d.ts";
