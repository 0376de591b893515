/** Copies a text; resolves to whether it worked. On plain http beyond this machine there is no clipboard API. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text);
  }
}

function copySelected(text: string): boolean {
  const field = document.body.appendChild(document.createElement("textarea"));
  field.value = text;
  field.select();
  // Deprecated, and the only way there.
  const copied = document.execCommand("copy");
  field.remove();
  return copied;
}
