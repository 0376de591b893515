import { useId } from "react";
import { Button } from "../../components/Button";
import { Icon } from "../../components/Icon";
import { Field } from "../../form/Field";
import { labelOf } from "../../form/labels";
import { type AxisDraft, gridInputs, longestSeries, type SeriesDraft, seriesKinds } from "../../form/series";
import type { Workflow } from "../../gen/comfyscheduler/v1/workflow_pb";

const words: Record<SeriesDraft["kind"], string> = {
  variations: "Variations",
  prompts: "List of prompts",
  grid: "Grid",
};

/** SeriesFieldProps are how several jobs are to differ; absent for a single one. */
export interface SeriesFieldProps {
  readonly workflow: Workflow;
  readonly draft: SeriesDraft | undefined;
  /** What is wrong with it. */
  readonly complaint: string | undefined;
  readonly onChange: (draft: SeriesDraft | undefined) => void;
}

/** One job or a series: variations of one picture, a list of prompts, a grid of values. */
export function SeriesField({ workflow, draft, complaint, onChange }: SeriesFieldProps) {
  const kinds = seriesKinds(workflow);
  const id = useId();
  if (kinds.length === 0) return null;
  const choose = (kind: SeriesDraft["kind"] | undefined) => {
    if (kind === draft?.kind) return;
    if (kind === undefined) onChange(undefined);
    else if (kind === "variations") onChange({ kind, count: 4 });
    else if (kind === "prompts") onChange({ kind, text: "" });
    else onChange({ kind, axes: [{ name: gridInputs(workflow)[0]?.name ?? "", text: "" }] });
  };
  return (
    <fieldset className="grid gap-3">
      <legend className="sr-only">How many</legend>
      <div className="flex flex-wrap gap-1 rounded-xl bg-sunken p-1">
        {[undefined, ...kinds].map((kind) => (
          <label
            key={kind ?? "one"}
            className={`flex min-h-9 flex-1 cursor-pointer items-center justify-center whitespace-nowrap rounded-lg px-3 text-sm
              transition-colors has-focus-visible:outline-2 has-focus-visible:outline-accent ${
                kind === draft?.kind ? "bg-surface font-medium text-ink shadow-card" : "text-ink-soft hover:text-ink"
              }`}
          >
            <input
              type="radio"
              name={id}
              checked={kind === draft?.kind}
              onChange={() => choose(kind)}
              className="sr-only"
            />
            {kind === undefined ? "One" : words[kind]}
          </label>
        ))}
      </div>
      {draft?.kind === "variations" && (
        <Count count={draft.count} complaint={complaint} onChange={(count) => onChange({ ...draft, count })} />
      )}
      {draft?.kind === "prompts" && (
        <Field
          label="Prompts"
          hint="One for each line. The prompt above is not used."
          error={draft.text.trim() === "" ? undefined : complaint}
        >
          {(attributes) => (
            <textarea
              {...attributes}
              rows={4}
              dir="auto"
              value={draft.text}
              onChange={({ target }) => onChange({ ...draft, text: target.value })}
              placeholder={"A red fox in the snow\nA hare in the snow"}
              className="field resize-y"
            />
          )}
        </Field>
      )}
      {draft?.kind === "grid" && (
        <Grid
          workflow={workflow}
          axes={draft.axes}
          complaint={complaint}
          onChange={(axes) => onChange({ ...draft, axes })}
        />
      )}
    </fieldset>
  );
}

const usual = [2, 4, 8, 16];

function Count(props: { count: number; complaint: string | undefined; onChange: (count: number) => void }) {
  const { count, complaint, onChange } = props;
  return (
    <Field label="How many variations" hint="Each gets a seed of its own." error={complaint}>
      {(attributes) => (
        <div className="flex flex-wrap gap-2">
          <input
            {...attributes}
            type="number"
            min={2}
            max={longestSeries}
            value={Number.isNaN(count) ? "" : count}
            onChange={({ target }) => onChange(target.valueAsNumber)}
            className="field w-24"
          />
          {usual.map((each) => (
            <Button key={each} aria-pressed={each === count} onClick={() => onChange(each)} className="px-3">
              {each}
            </Button>
          ))}
        </div>
      )}
    </Field>
  );
}

function Grid(props: {
  workflow: Workflow;
  axes: readonly AxisDraft[];
  complaint: string | undefined;
  onChange: (axes: readonly AxisDraft[]) => void;
}) {
  const { workflow, axes, complaint, onChange } = props;
  const inputs = gridInputs(workflow);
  const set = (at: number, axis: AxisDraft) => onChange(axes.map((each, index) => (index === at ? axis : each)));
  const untaken = inputs.find(({ name }) => !axes.some((axis) => axis.name === name));
  return (
    <div className="grid gap-2">
      {axes.map((axis, at) => {
        const input = inputs.find(({ name }) => name === axis.name);
        const choices = input?.kind.case === "choice" ? input.kind.value.choices : [];
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: an axis is its place
          <div key={at} className="flex gap-2">
            <select
              aria-label={`Input ${at + 1} of the grid`}
              value={axis.name}
              onChange={({ target }) => set(at, { name: target.value, text: "" })}
              className="field w-36 shrink-0"
            >
              {inputs.map((each) => (
                <option key={each.name} value={each.name}>
                  {labelOf(each)}
                </option>
              ))}
            </select>
            <input
              aria-label={`Values of ${input ? labelOf(input) : "it"}`}
              value={axis.text}
              onChange={({ target }) => set(at, { ...axis, text: target.value })}
              placeholder={choices.length > 0 ? choices.slice(0, 3).join(", ") : "4, 8, 12"}
              className="field min-w-0 flex-1"
            />
            {axes.length > 1 && (
              <Button
                tone="bare"
                icon
                label="Leave this one out"
                onClick={() => onChange(axes.filter((_, index) => index !== at))}
              >
                <Icon name="close" />
              </Button>
            )}
          </div>
        );
      })}
      <div className="flex flex-wrap items-center gap-3">
        {axes.length < 3 && untaken && (
          <Button onClick={() => onChange([...axes, { name: untaken.name, text: "" }])}>
            <Icon name="plus" className="size-4" />
            Another input
          </Button>
        )}
        {complaint && axes.some(({ text }) => text.trim() !== "") && (
          <p className="font-medium text-failed-ink text-xs">{complaint}</p>
        )}
      </div>
      <p className="text-ink-faint text-xs">Every combination is one job, all with the same seed.</p>
    </div>
  );
}
