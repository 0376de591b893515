import { Icon } from "../components/Icon";
import { Field, type FieldAttributes } from "./Field";
import { fieldOf, type InputFieldProps } from "./inputProps";
import { shortRange } from "./labels";
import { rangeWords } from "./values";

/** A range of at most this many steps is one that a slider can be set in. */
const finest = 200;

/** What numbers a field takes, as numbers a slider can work with. */
interface Scale {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly step: number;
}

/** A number: typed, stepped, and where its range is small enough also slid to. */
export function NumberField(props: InputFieldProps) {
  const { kind } = props.input;
  if (kind.case !== "integer" && kind.case !== "number") return null;
  const field = fieldOf(props);
  const range = shortRange(kind.value);
  const half = kind.value.min === undefined || kind.value.max === undefined;
  return (
    <Field {...field} aside={range} hint={field.hint ?? (half ? rangeWords(kind.value) : undefined)}>
      {(attributes) => <NumberInput {...props} attributes={attributes} />}
    </Field>
  );
}

/** The same without a label. Keyboards and screen readers use the number: buttons and slider are for pointers. */
export function NumberInput({ input, value, onChange, attributes }: InputFieldProps & { attributes: FieldAttributes }) {
  const scale = scaleOf(input.kind);
  const { min, max, step } = scale;
  const now = Number(String(value).replace(",", "."));
  const known = String(value).trim() !== "" && Number.isFinite(now);
  const set = (next: number) => onChange(written(within(next, scale), step));
  const nudge = (by: number) => set(known ? now + by * step : (min ?? 0));
  return (
    <div>
      <div className="@container relative">
        <input
          {...attributes}
          type="number"
          // Whatever is typed is kept and judged by readValues, which says more than the browser does.
          step={input.kind.case === "integer" || stepOf(input.kind) > 0 ? step : "any"}
          min={min}
          max={max}
          value={String(value)}
          onChange={(event) => onChange(event.target.value)}
          className="field field-number @[8.5rem]:pr-16"
        />
        <span aria-hidden className="absolute inset-y-1 right-1 hidden @[8.5rem]:flex">
          <Step icon="minus" disabled={known && min !== undefined && now <= min} onStep={() => nudge(-1)} />
          <Step icon="plus" disabled={known && max !== undefined && now >= max} onStep={() => nudge(1)} />
        </span>
      </div>
      {slides(scale) && (
        <input
          type="range"
          aria-hidden
          tabIndex={-1}
          min={min}
          max={max}
          step={step}
          value={known ? within(now, scale) : min}
          onChange={(event) => onChange(written(event.target.valueAsNumber, step))}
          style={{ "--share": `${shareOf(known ? now : (min ?? 0), scale)}%` } as object}
          className="slider mt-2"
        />
      )}
    </div>
  );
}

function Step({ icon, disabled, onStep }: { icon: "plus" | "minus"; disabled: boolean; onStep: () => void }) {
  return (
    <button
      type="button"
      tabIndex={-1}
      disabled={disabled}
      onClick={onStep}
      className="grid w-7 place-items-center rounded-md text-ink-soft hover:bg-sunken hover:text-ink disabled:opacity-35"
    >
      <Icon name={icon} className="size-3.5" />
    </button>
  );
}

function scaleOf(kind: InputFieldProps["input"]["kind"]): Scale {
  if (kind.case !== "integer" && kind.case !== "number") return { step: 1 };
  const { min, max } = kind.value;
  const span = min !== undefined && max !== undefined ? Number(max) - Number(min) : undefined;
  const step = stepOf(kind) || (kind.case === "integer" ? 1 : span !== undefined && span <= 2 ? 0.01 : 0.1);
  return { min: min === undefined ? undefined : Number(min), max: max === undefined ? undefined : Number(max), step };
}

function stepOf(kind: InputFieldProps["input"]["kind"]): number {
  return kind.case === "integer" || kind.case === "number" ? Number(kind.value.step) : 0;
}

function slides({ min, max, step }: Scale): boolean {
  if (min === undefined || max === undefined) return false;
  const steps = (max - min) / step;
  return steps >= 3 && steps <= finest;
}

function within(value: number, { min, max, step }: Scale): number {
  const base = min ?? 0;
  const stepped = base + Math.round((value - base) / step) * step;
  return Math.min(max ?? Number.POSITIVE_INFINITY, Math.max(min ?? Number.NEGATIVE_INFINITY, stepped));
}

/** Without the dust of binary fractions: 0.30000000000000004 is 0.3. */
function written(value: number, step: number): string {
  const digits = String(step).split(".")[1]?.length ?? 0;
  return String(Number(value.toFixed(Math.min(10, digits + 1))));
}

function shareOf(value: number, { min = 0, max = 1 }: Scale): number {
  return max > min ? Math.min(100, Math.max(0, ((value - min) / (max - min)) * 100)) : 0;
}
