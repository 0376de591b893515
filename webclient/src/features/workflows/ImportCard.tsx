import { Button } from "../../components/Button";
import { Icon } from "../../components/Icon";
import { FileButton } from "./DropZone";

/** The way in for a new workflow: drop a file, choose one, or take one of ComfyUI's own. */
export function ImportCard(props: { onFiles: (files: readonly File[]) => void; onTemplates: () => void }) {
  const { onFiles, onTemplates } = props;
  return (
    <section
      aria-label="New workflow"
      className="flex flex-wrap items-center gap-x-5 gap-y-3 rounded-card border-2 border-line-strong border-dashed bg-surface p-4 sm:p-5"
    >
      <span className="grid size-12 shrink-0 place-items-center rounded-xl bg-accent-wash text-accent-ink max-sm:hidden">
        <Icon name="upload" className="size-6" />
      </span>
      <div className="min-w-0 flex-1 basis-72">
        <h2 className="font-semibold">Drop a workflow anywhere on this page</h2>
        <p className="text-ink-soft text-sm">
          What ComfyUI saves or exports as JSON, or a picture, video or sound that it made. You see its form before it
          is kept.
        </p>
      </div>
      <div className="flex flex-wrap gap-2">
        <FileButton
          several
          onFiles={onFiles}
          className="inline-flex min-h-10 cursor-pointer items-center gap-2 rounded-lg bg-accent px-4 font-medium
            text-on-accent text-sm shadow-card hover:bg-accent-strong"
        >
          <Icon name="file" className="size-4" />
          Choose a file
        </FileButton>
        <Button className="min-h-10" onClick={onTemplates}>
          <Icon name="stack" className="size-4" />
          ComfyUI's templates
        </Button>
      </div>
    </section>
  );
}
