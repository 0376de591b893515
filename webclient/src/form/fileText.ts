/**
 * What stands in the field of a file, as text like all fields: a name in ComfyUI's input folder, "asset:" and the id of a file that was
 * handed in, or "uploading:" and the name of one that is on its way.
 */
const asset = /^asset:([0-9a-f]{64})$/;
const uploading = "uploading:";

export function assetText(id: string): string {
  return `asset:${id}`;
}

/** The id of the asset that the text names, if it names one. */
export function assetIdOf(text: string): string | undefined {
  return asset.exec(text)?.[1];
}

export function uploadingText(name: string): string {
  return uploading + name;
}

/** What is said of a file that is on its way when it is to be booked. */
export const notThereYet = "It is still being uploaded: wait a moment, or cancel it.";

/** Whether the file is on its way: there is nothing to book yet. */
export function isUploading(text: string): boolean {
  return text.startsWith(uploading);
}

/** The text for people: of an asset that it is one, since its id says nothing. */
export function fileTextWords(text: string): string {
  if (assetIdOf(text) !== undefined) return "the file that was handed in";
  return isUploading(text) ? text.slice(uploading.length) : text;
}
