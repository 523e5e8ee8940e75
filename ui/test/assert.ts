/** Fails unless both are the same when written as JSON; `undefined` members do not count. */
export function equal(actual: unknown, expected: unknown, about = ""): void {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (left !== right) throw new Error(`${about === "" ? "" : `${about}: `}got ${left}, expected ${right}`);
}
