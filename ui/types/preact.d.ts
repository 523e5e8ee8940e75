// The part of Preact 10 this page uses. The carrier of the library has no declarations, so these are written by hand;
// a name that is missing here exists in the library and can be added.

export type Key = string | number;

export interface VNode {
  readonly type: unknown;
  readonly props: unknown;
  readonly key: Key | null;
}

export type ComponentChild = VNode | string | number | bigint | boolean | null | undefined;
export type ComponentChildren = ComponentChild | ComponentChild[] | ComponentChildren[];

export interface RefObject<T> {
  current: T | null;
}

// deno-lint-ignore no-explicit-any
export type FunctionComponent<P = any> = (props: P) => VNode | null;

export function render(tree: ComponentChild, parent: Element): void;
export function Fragment(props: { children?: ComponentChildren }): VNode;
export function h(type: unknown, props: unknown, ...children: ComponentChildren[]): VNode;

export namespace h {
  export namespace JSX {
    type Element = VNode;
    interface ElementChildrenAttribute {
      children: unknown;
    }
    interface IntrinsicAttributes {
      key?: Key;
    }
    type Handler<E extends Event, T extends EventTarget> = (event: E & { readonly currentTarget: T }) => void;

    interface Attributes<T extends EventTarget = HTMLElement> {
      key?: Key;
      ref?: RefObject<T> | ((element: T | null) => void);
      children?: ComponentChildren;
      id?: string | undefined;
      class?: string | undefined;
      title?: string | undefined;
      role?: string;
      lang?: string;
      dir?: "auto" | "ltr" | "rtl";
      style?: string;
      hidden?: boolean;
      inert?: boolean;
      tabIndex?: number;
      tabindex?: number;
      autofocus?: boolean;
      popover?: "auto" | "manual";
      onClick?: Handler<MouseEvent, T>;
      onInput?: Handler<InputEvent, T>;
      onChange?: Handler<Event, T>;
      onSubmit?: Handler<SubmitEvent, T>;
      onKeyDown?: Handler<KeyboardEvent, T>;
      onFocus?: Handler<FocusEvent, T> | undefined;
      onPointerDown?: Handler<PointerEvent, T>;
      onBeforeToggle?: Handler<ToggleEvent, T>;
      onToggle?: Handler<Event, T>;
      onCancel?: Handler<Event, T>;
      onClose?: Handler<Event, T>;
      onScroll?: Handler<Event, T>;
    }
    interface AnchorAttributes extends Attributes<HTMLAnchorElement> {
      href?: string | undefined;
      target?: string;
      rel?: string;
      download?: string | boolean;
    }
    interface ButtonAttributes extends Attributes<HTMLButtonElement> {
      type?: "button" | "submit";
      disabled?: boolean | undefined;
      value?: string;
      popovertarget?: string;
    }
    interface InputAttributes extends Attributes<HTMLInputElement> {
      type?: string;
      name?: string;
      value?: string;
      checked?: boolean;
      disabled?: boolean;
      required?: boolean;
      placeholder?: string;
      autocomplete?: string;
      autocapitalize?: string;
      spellcheck?: boolean;
      inputMode?: string;
      min?: number;
      max?: number;
      step?: number | "any";
      list?: string;
      size?: number;
    }
    interface TextAreaAttributes extends Attributes<HTMLTextAreaElement> {
      name?: string;
      value?: string;
      rows?: number;
      placeholder?: string;
      autocomplete?: string;
      autocapitalize?: string;
      spellcheck?: boolean;
      wrap?: string;
    }
    interface SelectAttributes extends Attributes<HTMLSelectElement> {
      name?: string;
      disabled?: boolean | undefined;
      value?: string;
    }
    interface OptionAttributes extends Attributes<HTMLOptionElement> {
      value?: string;
      selected?: boolean;
    }
    interface LabelAttributes extends Attributes<HTMLLabelElement> {
      for?: string;
    }
    interface TimeAttributes extends Attributes<HTMLTimeElement> {
      datetime?: string;
    }
    interface DetailsAttributes extends Attributes<HTMLDetailsElement> {
      open?: boolean;
    }
    interface FormAttributes extends Attributes<HTMLFormElement> {
      noValidate?: boolean;
      method?: string;
    }
    interface SVGAttributes {
      key?: Key;
      children?: ComponentChildren;
      class?: string;
      viewBox?: string;
      width?: number;
      height?: number;
      d?: string;
      cx?: number;
      cy?: number;
      r?: number;
      x?: number;
      y?: number;
      rx?: number;
      fill?: string;
      stroke?: string;
      x1?: number;
      x2?: number;
      y1?: number;
      y2?: number;
      preserveAspectRatio?: string;
      role?: string;
    }

    interface IntrinsicElements {
      a: AnchorAttributes;
      article: Attributes;
      aside: Attributes;
      button: ButtonAttributes;
      caption: Attributes;
      code: Attributes;
      datalist: Attributes;
      em: Attributes;
      figcaption: Attributes;
      figure: Attributes;
      mark: Attributes;
      progress: Attributes;
      time: TimeAttributes;
      thead: Attributes;
      g: SVGAttributes;
      line: SVGAttributes;
      text: SVGAttributes;
      dd: Attributes;
      details: DetailsAttributes;
      dialog: Attributes<HTMLDialogElement>;
      div: Attributes<HTMLDivElement>;
      dl: Attributes;
      dt: Attributes;
      fieldset: Attributes;
      footer: Attributes;
      form: FormAttributes;
      h1: Attributes;
      h2: Attributes;
      h3: Attributes;
      header: Attributes;
      input: InputAttributes;
      kbd: Attributes;
      label: LabelAttributes;
      legend: Attributes;
      li: Attributes;
      main: Attributes;
      nav: Attributes;
      ol: Attributes;
      option: OptionAttributes;
      p: Attributes;
      pre: Attributes;
      section: Attributes;
      select: SelectAttributes;
      span: Attributes<HTMLSpanElement>;
      strong: Attributes;
      summary: Attributes;
      table: Attributes;
      tbody: Attributes;
      td: Attributes;
      textarea: TextAreaAttributes;
      th: Attributes & { scope?: "col" | "row" };
      tr: Attributes;
      ul: Attributes<HTMLUListElement>;
      svg: SVGAttributes;
      path: SVGAttributes;
      circle: SVGAttributes;
      rect: SVGAttributes;
    }
  }
}
