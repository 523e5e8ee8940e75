import { h, type VNode } from "../view.ts";

/** A key inside a sentence of `texts/`. */
export const keyCap = (name: string): VNode => <kbd>{name}</kbd>;
