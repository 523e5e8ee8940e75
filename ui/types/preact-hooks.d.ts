// The hooks this page uses; see preact.d.ts.

import type { RefObject } from "./preact.d.ts";

type Cleanup = () => void;

export function useState<S>(initial: S | (() => S)): [S, (next: S | ((previous: S) => S)) => void];
export function useEffect(effect: () => void | Cleanup, inputs?: readonly unknown[]): void;
export function useLayoutEffect(effect: () => void | Cleanup, inputs?: readonly unknown[]): void;
export function useRef<T>(initial: T): { current: T };
export function useRef<T>(initial: T | null): RefObject<T>;
export function useMemo<T>(make: () => T, inputs: readonly unknown[]): T;
export function useId(): string;
