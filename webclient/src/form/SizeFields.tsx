import { Icon } from "../components/Icon";
import type { Input } from "../gen/comfyscheduler/v1/input_pb";
import type { InputFieldProps } from "./inputProps";
import { NumberField } from "./NumberField";
import { type Sides, shapes, sizeFor } from "./sizes";
import { defaultOf } from "./values";

/** Width and height as the pair that they are: numbers, common shapes of the same area, and a turn. */
export function SizeFields({
  width,
  height,
  onSize,
}: {
  width: InputFieldProps;
  height: InputFieldProps;
  onSize: (sides: Sides) => void;
}) {
  const now = { width: Number(width.value), height: Number(height.value) };
  const usual = { width: Number(defaultOf(width.input)), height: Number(defaultOf(height.input)) };
  const limits = { width: limitsOf(width.input), height: limitsOf(height.input) };
  const offered = shapes.map((shape) => ({
    ...shape,
    size: sizeFor(shape, usual.width * usual.height > 0 ? usual : now, limits),
  }));
  return (
    <fieldset className="min-w-0">
      <legend className="sr-only">Size</legend>
      <div className="grid grid-cols-[minmax(0,1fr)_auto_minmax(0,1fr)] items-start gap-1.5">
        <NumberField {...width} />
        <button
          type="button"
          title="Turn it"
          onClick={() => onSize({ width: now.height, height: now.width })}
          className="mt-7 grid size-8 place-items-center rounded-lg text-ink-soft hover:bg-sunken hover:text-ink"
        >
          <Icon name="swap" className="size-4" />
          <span className="sr-only">Swap both sides</span>
        </button>
        <NumberField {...height} />
      </div>
      <div className="mt-2 flex flex-wrap gap-1.5">
        {offered.map(({ name, x, y, size }) => {
          const chosen = size.width === now.width && size.height === now.height;
          return (
            <button
              key={name}
              type="button"
              aria-pressed={chosen}
              title={`${size.width} × ${size.height}`}
              onClick={() => onSize(size)}
              className={`flex min-h-8 items-center gap-1.5 rounded-lg border px-2 text-xs transition-colors ${
                chosen
                  ? "border-accent bg-accent-wash font-medium text-accent-ink"
                  : "border-line text-ink-soft hover:border-line-strong hover:text-ink"
              }`}
            >
              <svg width={18} height={18} viewBox="0 0 18 18" aria-hidden="true">
                <rect
                  x={9 - (7 * x) / Math.max(x, y)}
                  y={9 - (7 * y) / Math.max(x, y)}
                  width={(14 * x) / Math.max(x, y)}
                  height={(14 * y) / Math.max(x, y)}
                  rx={1.5}
                  fill="none"
                  stroke="currentColor"
                  strokeWidth={1.5}
                />
              </svg>
              {name}
            </button>
          );
        })}
      </div>
    </fieldset>
  );
}

function limitsOf({ kind }: Input) {
  if (kind.case !== "integer") return {};
  const { min, max, step } = kind.value;
  return {
    min: min === undefined ? undefined : Number(min),
    max: max === undefined ? undefined : Number(max),
    step: Number(step),
  };
}
