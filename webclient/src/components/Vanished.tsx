/** Says that a result cannot be had: its file is gone from ComfyUI's disk, or ComfyUI is out of reach. */
export function Vanished({ what, className = "" }: { what: string; className?: string }) {
  return (
    <p className={`rounded-xl bg-sunken px-3 py-6 text-center text-ink-faint text-sm ${className}`}>
      This {what} cannot be shown: its file may have been deleted from the output folder.
    </p>
  );
}
