import { type ReactNode, useSyncExternalStore } from "react";
import { Icon, type IconName } from "../../components/Icon";
import type { MaskModel } from "./model";
import type { StageHandle } from "./Stage";
import type { Colour } from "./useCanvases";
import type { Brush } from "./usePainter";

/** Colours that a mask can be shown in: one of them stands out from any picture. */
export const colours: readonly { readonly name: string; readonly value: Colour }[] = [
  { name: "Violet", value: [124, 92, 255] },
  { name: "Red", value: [255, 59, 92] },
  { name: "Green", value: [41, 199, 120] },
  { name: "White", value: [255, 255, 255] },
  { name: "Black", value: [0, 0, 0] },
];

/** MaskToolsProps are the tools and what they work on. */
export interface MaskToolsProps {
  readonly model: MaskModel;
  readonly brush: Brush;
  readonly most: number;
  readonly opacity: number;
  readonly colour: number;
  readonly scale: number;
  readonly stage: () => StageHandle | null;
  readonly onBrush: (brush: Brush) => void;
  readonly onOpacity: (opacity: number) => void;
  readonly onColour: (colour: number) => void;
}

/** The tools of the editor, in a row that breaks where it is narrow. */
export function MaskTools(props: MaskToolsProps) {
  const { model, brush, most, opacity, colour, scale, stage, onBrush, onOpacity, onColour } = props;
  useSyncExternalStore(model.watch, () => `${model.canUndo()}/${model.canRedo()}`);
  const shown = colours[colour % colours.length];
  return (
    <div
      role="toolbar"
      aria-label="Tools"
      className="flex flex-wrap items-center justify-center gap-x-3 gap-y-1.5 sm:gap-x-4"
    >
      <div className="flex rounded-lg bg-sunken p-0.5">
        <Tool
          icon="brush"
          name="Brush"
          keys="B"
          pressed={!brush.erases}
          onUse={() => onBrush({ ...brush, erases: false })}
        >
          Brush
        </Tool>
        <Tool
          icon="eraser"
          name="Eraser"
          keys="E"
          pressed={brush.erases}
          onUse={() => onBrush({ ...brush, erases: true })}
        >
          Eraser
        </Tool>
      </div>
      <Slider
        name="Size"
        words={`${brush.size} px`}
        value={Math.round((Math.log(brush.size) / Math.log(most)) * 100)}
        most={100}
        onChange={(share) => onBrush({ ...brush, size: Math.max(1, Math.round(most ** (share / 100))) })}
      />
      <div className="flex">
        <Tool icon="undo" name="Undo" keys="Ctrl+Z" disabled={!model.canUndo()} onUse={model.undo} />
        <Tool icon="redo" name="Redo" keys="Ctrl+Y" disabled={!model.canRedo()} onUse={model.redo} />
        <Tool icon="invert" name="Invert" keys="I" onUse={model.invert} />
        <Tool icon="trash" name="Clear" onUse={model.clear} />
      </div>
      <div className="flex items-center gap-1">
        <button
          type="button"
          title={`Colour of the mask on the screen: ${shown?.name}`}
          onClick={() => onColour(colour + 1)}
          className="grid size-9 place-items-center rounded-lg hover:bg-sunken"
        >
          <span
            style={{ background: `rgb(${shown?.value.join(" ")})` }}
            className="size-5 rounded-full border-2 border-surface ring-1 ring-line-strong"
          />
          <span className="sr-only">Colour of the mask: {shown?.name}</span>
        </button>
        <Slider
          name="Opacity"
          words={`${opacity} %`}
          value={opacity}
          least={10}
          most={100}
          onChange={onOpacity}
          className="max-sm:w-20"
        />
      </div>
      <div className="flex items-center">
        <Tool icon="minus" name="Zoom out" keys="-" onUse={() => stage()?.zoom(1 / 1.5)} />
        <button
          type="button"
          title="Show all of it (0)"
          aria-label={`${Math.round(scale * 100)} %, show all of it`}
          onClick={() => stage()?.fit()}
          className="min-h-9 min-w-13 rounded-lg px-1 text-center text-ink-soft text-sm hover:bg-sunken hover:text-ink"
        >
          {Math.round(scale * 100)} %{" "}
        </button>
        <Tool icon="plus" name="Zoom in" keys="+" onUse={() => stage()?.zoom(1.5)} />
      </div>
    </div>
  );
}

function Tool(props: {
  icon: IconName;
  name: string;
  keys?: string;
  pressed?: boolean;
  disabled?: boolean;
  onUse: () => void;
  children?: ReactNode;
}) {
  const { icon, name, keys, pressed, disabled, onUse, children } = props;
  const look = pressed ? "bg-surface font-medium text-accent-ink shadow-card" : "text-ink-soft hover:text-ink";
  return (
    <button
      type="button"
      title={keys ? `${name} (${keys})` : name}
      aria-pressed={pressed}
      disabled={disabled}
      onClick={onUse}
      className={`inline-flex min-h-9 min-w-9 items-center justify-center gap-1.5 rounded-md text-sm transition-colors
        disabled:opacity-35 ${
          pressed === undefined ? "text-ink-soft enabled:hover:bg-sunken enabled:hover:text-ink" : `px-2.5 ${look}`
        }`}
    >
      <Icon name={icon} />
      {children ? <span className="max-[26rem]:sr-only">{children}</span> : <span className="sr-only">{name}</span>}
    </button>
  );
}

function Slider(props: {
  name: string;
  words: string;
  value: number;
  least?: number;
  most: number;
  onChange: (value: number) => void;
  className?: string;
}) {
  const { name, words, value, least = 0, most, onChange, className = "w-28 sm:w-32" } = props;
  return (
    <label className="flex items-center gap-2 text-ink-soft text-sm">
      <span className="max-sm:sr-only">{name}</span>
      <input
        type="range"
        min={least}
        max={most}
        value={value}
        aria-valuetext={words}
        onChange={(event) => onChange(Number(event.target.value))}
        style={{ "--share": `${((value - least) / (most - least)) * 100}%` } as object}
        className={`slider ${className}`}
      />
      <span className="w-13 text-right text-xs tabular-nums max-sm:hidden">{words}</span>
    </label>
  );
}
