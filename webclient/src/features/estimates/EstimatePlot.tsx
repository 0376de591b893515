import { useId, useMemo, useState } from "react";
import { formatDuration, formatMoment } from "../../lib/format";
import { useNow } from "../../live/now";
import { type Dot, plotOf, type Run } from "./plot";

const size = 260;
const left = 44;
const bottom = 28;
const side = size - left - 16;
const top = size - bottom - side;

/** Every run as a dot: to the right what was expected, upwards what it took. On the diagonal both are the same. */
export function EstimatePlot({ runs, label }: { runs: readonly Run[]; label: string }) {
  const plot = useMemo(() => plotOf(runs), [runs]);
  const [pointed, setPointed] = useState<Dot>();
  const now = useNow(60_000);
  const clip = useId();
  const x = (at: number) => left + at * side;
  const y = (at: number) => top + (1 - at) * side;
  const line = (ratio: number) =>
    Array.from({ length: 41 }, (_, step) => step / 40)
      .map((share) => invert(plot.place, share))
      .map(
        (ms, index) =>
          `${index === 0 ? "M" : "L"}${x(plot.place(ms)).toFixed(1)} ${y(plot.place(ms * ratio)).toFixed(1)}`,
      )
      .join("");
  const over = plot.dots.filter((dot) => dot.over).length;
  return (
    <figure className="grid gap-1">
      <svg
        viewBox={`0 0 ${size} ${size}`}
        role="img"
        aria-label={`${label}: ${plot.dots.length} runs, ${over} of them longer than their slot`}
        className="w-full max-w-72"
        onPointerLeave={() => setPointed(undefined)}
      >
        <clipPath id={clip}>
          <rect x={left} y={top} width={side} height={side} />
        </clipPath>
        <rect x={left} y={top} width={side} height={side} className="fill-sunken" rx="4" />
        {plot.ticks.map(({ ms, at }) => (
          <g key={ms} className="fill-ink-faint text-[10px]">
            <path d={`M${x(at)} ${top}V${top + side}M${left} ${y(at)}H${left + side}`} className="stroke-line" />
            <text x={x(at)} y={size - 12} textAnchor="middle">
              {formatDuration(ms)}
            </text>
            <text x={left - 5} y={y(at) + 3} textAnchor="end">
              {formatDuration(ms)}
            </text>
          </g>
        ))}
        <g clipPath={`url(#${clip})`}>
          <path d={line(plot.slotRatio)} className="fill-none stroke-ink-faint" strokeDasharray="3 3" />
          <path d={line(1)} className="fill-none stroke-ink-soft" />
          {plot.dots.map((dot) => (
            <Mark
              key={`${dot.startedAt}/${dot.actual}`}
              {...{ dot, x: x(dot.x), y: y(dot.y) }}
              onPoint={() => setPointed(dot)}
            />
          ))}
        </g>
        <text x={left + side} y={size - 1} textAnchor="end" className="fill-ink-soft text-[10px]">
          expected
        </text>
        <text x={left + 6} y={top + 12} className="fill-ink-soft text-[10px]">
          took
        </text>
      </svg>
      <figcaption className="min-h-10 text-ink-soft text-xs">
        {pointed
          ? `${formatMoment(pointed.startedAt, now)}: expected ${formatDuration(pointed.expected)}, took ${formatDuration(
              pointed.actual,
            )}, slot ${formatDuration(pointed.slot)}${pointed.loaded ? ", models were loaded" : ""}`
          : "On the line it took what was expected; above the dashed one it outlasted its slot (crosses). Rings loaded models."}
      </figcaption>
    </figure>
  );
}

/** A cross stands for a run that outlasted its slot, a ring for one that loaded models: not by colour alone. */
function Mark({ dot, x, y, onPoint }: { dot: Dot; x: number; y: number; onPoint: () => void }) {
  if (dot.over)
    return (
      <path
        d={`M${x - 3.5} ${y - 3.5}l7 7m0 -7l-7 7`}
        className="stroke-failed"
        strokeWidth="2"
        onPointerEnter={onPoint}
      />
    );
  return (
    <circle
      cx={x}
      cy={y}
      r={dot.loaded ? 3.5 : 3}
      strokeWidth="1.5"
      className={dot.loaded ? "fill-surface stroke-accent" : "fill-accent stroke-none opacity-75"}
      onPointerEnter={onPoint}
    />
  );
}

/** The length that lies at a place of the axis. */
function invert(place: (ms: number) => number, share: number): number {
  let [low, high] = [1, 1e9];
  for (let step = 0; step < 60; step++) {
    const mid = Math.sqrt(low * high);
    if (place(mid) < share) low = mid;
    else high = mid;
  }
  return low;
}
