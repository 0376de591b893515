import { type KeyboardEvent, useCallback, useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { Button } from "../../components/Button";
import { Complaint } from "../../components/Complaint";
import { Icon } from "../../components/Icon";
import { browserCodec, type MaskCodec } from "../../lib/mask/codec";
import { colours, MaskTools } from "./MaskTools";
import type { MaskModel } from "./model";
import { Stage, type StageHandle } from "./Stage";
import { type MaskSource, useMask } from "./useMask";
import type { Brush } from "./usePainter";

/** MaskEditorProps are a window to paint a mask in. */
export interface MaskEditorProps {
  readonly source: MaskSource;
  /** Gets the PNG: see maskPng. */
  readonly onDone: (mask: Blob) => void;
  readonly onClose: () => void;
  readonly codec?: MaskCodec;
}

/** A window over the page to paint a mask in, by mouse, pen, fingers or keys. */
export default function MaskEditor({ source, onDone, onClose, codec = browserCodec }: MaskEditorProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useId();
  const { model, problem } = useMask(source, codec);
  const [leaving, setLeaving] = useState(false);
  const [saving, setSaving] = useState<"no" | "yes" | { problem: string }>("no");
  // Closed before it leaves the page: only then does the browser give the focus back.
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);

  const leave = () => (model?.canUndo() ? setLeaving(true) : onClose());
  const save = async (made: MaskModel) => {
    setSaving("yes");
    try {
      onDone(await codec.write(made.pixels, made.mask, source.use));
    } catch (cause) {
      setSaving({ problem: cause instanceof Error ? cause.message : String(cause) });
    }
  };
  // Beside the form, so that no key in it sends the form.
  return createPortal(
    <dialog
      ref={dialog}
      aria-labelledby={title}
      tabIndex={-1}
      onCancel={(event) => {
        event.preventDefault();
        leave();
      }}
      className="sheet h-dvh max-h-none w-screen max-w-none overflow-hidden p-0 outline-none sm:h-[94dvh] sm:w-[96vw]"
    >
      <div className="flex h-full flex-col">
        <header className="flex items-center gap-2 border-line border-b px-3 py-2 sm:gap-3 sm:px-5 sm:py-3">
          <h2 id={title} className="min-w-0 flex-1 truncate font-semibold text-lg">
            Paint a mask
          </h2>
          {typeof saving === "object" && <Complaint>{saving.problem}</Complaint>}
          <Button tone="bare" onClick={leave}>
            Cancel
          </Button>
          <Button
            tone="primary"
            disabled={!model || saving === "yes"}
            onClick={() => model && void save(model)}
            className="min-w-28"
          >
            <Icon name="check" className="size-4" />
            {saving === "yes" ? "One moment…" : "Use mask"}
          </Button>
        </header>
        {leaving && (
          <div
            role="alertdialog"
            aria-label="Leave the mask?"
            className="flex flex-wrap items-center gap-2 bg-running-wash px-3 py-2 text-running-ink text-sm sm:px-5"
          >
            <p className="mr-auto font-medium">What you painted is not kept.</p>
            <Button tone="danger" autoFocus onClick={onClose}>
              Leave without it
            </Button>
            <Button onClick={() => setLeaving(false)}>Go on painting</Button>
          </div>
        )}
        {problem && <Complaint className="m-auto max-w-prose p-6 text-center">{problem}</Complaint>}
        {!model && !problem && <div className="m-5 flex-1 animate-pulse rounded-xl bg-sunken" />}
        {model && <Workbench model={model} />}
      </div>
    </dialog>,
    document.body,
  );
}

/** The picture and the tools. */
function Workbench({ model }: { model: MaskModel }) {
  const { width, height } = model.pixels;
  const most = Math.max(16, Math.round(Math.max(width, height) / 2));
  const [brush, setBrush] = useState<Brush>({
    size: Math.max(1, Math.round(Math.min(width, height) / 12)),
    erases: false,
  });
  const [opacity, setOpacity] = useState(60);
  const [colour, setColour] = useState(0);
  const [scale, setScale] = useState(1);
  const sizing = useLately(brush.size);
  const stage = useRef<StageHandle>(null);
  const help = useId();
  const root = useRef<HTMLDivElement>(null);
  const handle = useCallback(() => stage.current, []);
  useEffect(() => root.current?.querySelector<HTMLElement>("[role=application]")?.focus(), []);

  const onKeyDown = (event: KeyboardEvent) => {
    // What is below the window must not hear of it: there the same keys take back a move.
    event.stopPropagation();
    const run = actionOf(event, { model, brush, most, setBrush, stage: handle });
    if (!run || event.defaultPrevented) return;
    event.preventDefault();
    run();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: shortcuts of the buttons below
    <div ref={root} onKeyDown={onKeyDown} className="flex min-h-0 flex-1 flex-col">
      <div className="min-h-0 flex-1">
        <Stage
          model={model}
          brush={brush}
          colour={(colours[colour % colours.length] ?? colours[0])?.value ?? [0, 0, 0]}
          opacity={opacity / 100}
          describedBy={help}
          sizing={sizing}
          handle={stage}
          onScale={setScale}
        />
      </div>
      <div className="border-line border-t bg-raised px-2 py-2 pb-[max(0.5rem,env(safe-area-inset-bottom))] sm:px-5">
        <MaskTools
          model={model}
          brush={brush}
          most={most}
          opacity={opacity}
          colour={colour}
          scale={scale}
          stage={handle}
          onBrush={setBrush}
          onOpacity={setOpacity}
          onColour={setColour}
        />
        <p id={help} className="mt-1.5 text-center text-ink-faint text-xs max-sm:sr-only">
          What you paint over is made anew. Wheel or pinch zooms, space bar and mouse move the picture, [ and ] size the
          brush. By keys: arrows lead it, Enter paints.
        </p>
      </div>
    </div>
  );
}

/** Whether a value has changed a moment ago. */
function useLately(value: number): boolean {
  const [seen, setSeen] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSeen(value), 1_000);
    return () => clearTimeout(timer);
  }, [value]);
  return seen !== value;
}

/** What a key does in the editor. */
function actionOf(
  event: KeyboardEvent,
  on: {
    model: MaskModel;
    brush: Brush;
    most: number;
    setBrush: (brush: Brush) => void;
    stage: () => StageHandle | null;
  },
): (() => void) | undefined {
  const { model, brush, most, setBrush, stage } = on;
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) {
    if (key === "y" || (key === "z" && event.shiftKey)) return model.redo;
    return key === "z" ? model.undo : undefined;
  }
  if (event.altKey) return undefined;
  const sized = (factor: number) => () => {
    const size = Math.round(brush.size * factor) + (factor > 1 ? 1 : -1);
    setBrush({ ...brush, size: Math.min(most, Math.max(1, size)) });
  };
  const actions: Readonly<Record<string, () => void>> = {
    b: () => setBrush({ ...brush, erases: false }),
    e: () => setBrush({ ...brush, erases: true }),
    i: model.invert,
    "[": sized(1 / 1.15),
    "]": sized(1.15),
    "+": () => stage()?.zoom(1.5),
    "=": () => stage()?.zoom(1.5),
    "-": () => stage()?.zoom(1 / 1.5),
    "0": () => stage()?.fit(),
  };
  return actions[key];
}
