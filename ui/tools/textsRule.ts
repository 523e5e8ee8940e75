// A lint rule: what a person reads stands in src/texts, and nowhere else.

/** Attributes whose words are always read by somebody, however short they are. */
const TEXTS = new Set([
  "action",
  "alt",
  "aria-label",
  "aria-valuetext",
  "hint",
  "label",
  "none",
  "placeholder",
  "text",
  "title",
  "what",
]);
/** Attributes whose words nobody reads. */
const CODE = new Set(["class", "d", "rel", "role", "style", "viewBox"]);
/** What takes the name of a field, a selector or a media query. */
const TAKES_CODE = new Set([
  "closest",
  "get",
  "has",
  "matches",
  "matchMedia",
  "querySelector",
  "querySelectorAll",
  "set",
]);
const MESSAGE = "A text that a person reads belongs into src/texts.";

type Node = Deno.lint.Node;

const plugin: Deno.lint.Plugin = {
  name: "srun",
  rules: {
    texts: {
      create(context) {
        const path = context.filename.replaceAll("\\", "/");
        if (!path.includes("/ui/src/") || path.includes("/ui/src/texts/")) return {};
        const check = (node: Node, text: string) => {
          if (/\p{L}/u.test(text) && isText(text, node)) context.report({ node, message: MESSAGE });
        };
        return {
          JSXText: (node) => check(node, node.value),
          Literal: (node) => typeof node.value === "string" && check(node, node.value),
          TemplateElement: (node) => check(node, node.cooked),
        };
      },
    },
  },
};
export default plugin;

/** Decides by where the words stand first, and by how they look where that tells nothing. */
function isText(text: string, node: Node): boolean {
  let inner = node;
  let isArgument = false;
  for (let outer = parentOf(node); outer !== null; inner = outer, outer = parentOf(outer)) {
    switch (outer.type) {
      case "ImportDeclaration":
      case "ExportNamedDeclaration":
      case "ExportAllDeclaration":
      case "ImportExpression":
      case "TSLiteralType":
      // What is thrown without being shown, and what is compared with, is for the program.
      case "ThrowStatement":
      case "BinaryExpression":
      case "SwitchCase":
        return false;
      case "ConditionalExpression":
        if (outer.test === inner) return false;
        break;
      case "Property":
        if (outer.key === inner) return false;
        break;
      case "CallExpression":
        if (TAKES_CODE.has(nameOf(outer.callee))) return false;
        isArgument = true;
        break;
      case "AssignmentExpression":
        if (outer.left.type === "MemberExpression" && nameOf(outer.left.object) === "style") return false;
        break;
      case "JSXElement":
        // The keys themselves, not what they do.
        return nameOf(outer.openingElement.name) !== "kbd";
      case "JSXAttribute": {
        const name = nameOf(outer.name);
        return !CODE.has(name) && (looksLikeText(text) || (TEXTS.has(name) && !isArgument));
      }
      case "JSXExpressionContainer": {
        // A word between tags is shown, even one that looks like code; not so what a call in there is given.
        if (parentOf(outer)?.type === "JSXElement" && isArgument) return looksLikeText(text);
        break;
      }
      case "FunctionDeclaration":
      case "ArrowFunctionExpression":
      case "FunctionExpression":
        return looksLikeText(text);
    }
  }
  return looksLikeText(text);
}

/** Two words, one with a capital, or the end of a sentence; an address is neither. */
function looksLikeText(text: string): boolean {
  if (text.startsWith("/")) return false;
  return /\p{L}{2}[,;:]? \p{L}/u.test(text) || /^\s*\p{Lu}\p{Ll}+(\s|$|[.…:!?])/u.test(text) ||
    /\p{L}[….!?]\s*$/u.test(text);
}

/** The last part of a name: `get` of `headers.get`. */
function nameOf(node: Node): string {
  switch (node.type) {
    case "Identifier":
    case "JSXIdentifier":
      return node.name;
    case "MemberExpression":
      return nameOf(node.property);
    default:
      return "";
  }
}

function parentOf(node: Node): Node | null {
  return "parent" in node ? node.parent as Node | null : null;
}
