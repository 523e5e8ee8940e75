/**
 * Where a link in a job's output may lead, or null when it must not be opened.
 *
 * Output is written by anybody: besides web addresses there are schemes that run scripts, open files or start programs. The
 * address comes back as the browser understands it, so that what is shown for confirmation is where it really goes.
 */
export function webTarget(address: string): URL | null {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return null;
  }
  return url.protocol === "http:" || url.protocol === "https:" ? url : null;
}
