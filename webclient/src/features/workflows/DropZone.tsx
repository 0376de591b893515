import { type ReactNode, useEffect, useRef, useState } from "react";
import { Icon } from "../../components/Icon";

/** Takes files that are dropped anywhere on the page. */
export function DropZone({ onFiles, children }: { onFiles: (files: readonly File[]) => void; children: ReactNode }) {
  const [over, setOver] = useState(false);
  const take = useRef(onFiles);
  useEffect(() => {
    take.current = onFiles;
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
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      take.current(files);
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

/** A button that asks for files. */
export function FileButton(props: {
  className: string;
  several?: boolean;
  onFiles: (files: readonly File[]) => void;
  children: ReactNode;
}) {
  const { className, several, onFiles, children } = props;
  return (
    <label
      className={`has-focus-visible:outline-2 has-focus-visible:outline-accent has-focus-visible:outline-offset-2 ${className}`}
    >
      {children}
      <input
        type="file"
        multiple={several}
        className="sr-only"
        onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          // The same file may be chosen again.
          event.target.value = "";
          if (files.length > 0) onFiles(files);
        }}
      />
    </label>
  );
}
