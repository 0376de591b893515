import { type ReactNode, useEffect, useRef, useState } from "react";
import { Icon } from "../../components/Icon";

/** Takes a file that is dropped anywhere on the page. */
export function DropZone({ onFile, children }: { onFile: (file: File) => void; children: ReactNode }) {
  const [over, setOver] = useState(false);
  const take = useRef(onFile);
  useEffect(() => {
    take.current = onFile;
  });
  useEffect(() => {
    // Every element that the pointer crosses is entered and left.
    let depth = 0;
    const carriesFile = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const move = (by: number) => (event: DragEvent) => {
      if (!carriesFile(event)) return;
      event.preventDefault();
      depth = Math.max(0, depth + by);
      setOver(depth > 0);
    };
    const drop = (event: DragEvent) => {
      depth = 0;
      setOver(false);
      const [file] = event.dataTransfer?.files ?? [];
      if (!file) return;
      event.preventDefault();
      take.current(file);
    };
    const stop = new AbortController();
    const { signal } = stop;
    addEventListener("dragenter", move(1), { signal });
    addEventListener("dragleave", move(-1), { signal });
    addEventListener("dragover", move(0), { signal });
    addEventListener("drop", drop, { signal });
    return () => stop.abort();
  }, []);
  return (
    <>
      {children}
      {over && (
        <div className="pointer-events-none fixed inset-0 z-40 grid place-items-center bg-canvas/80 p-4 backdrop-blur-sm sm:p-8">
          <div className="grid size-full place-items-center rounded-3xl border-2 border-accent border-dashed bg-accent-wash/60">
            <p className="flex flex-col items-center gap-3 text-center font-semibold text-accent-ink text-xl">
              <Icon name="upload" className="size-12" />
              Let go to look at it
            </p>
          </div>
        </div>
      )}
    </>
  );
}

/** A button that asks for a file. */
export function FileButton(props: { className: string; onFile: (file: File) => void; children: ReactNode }) {
  const { className, onFile, children } = props;
  return (
    <label
      className={`has-focus-visible:outline-2 has-focus-visible:outline-accent has-focus-visible:outline-offset-2 ${className}`}
    >
      {children}
      <input
        type="file"
        className="sr-only"
        onChange={(event) => {
          const [file] = event.target.files ?? [];
          // The same file may be chosen again.
          event.target.value = "";
          if (file) onFile(file);
        }}
      />
    </label>
  );
}
