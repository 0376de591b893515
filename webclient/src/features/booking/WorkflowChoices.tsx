import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import { Icon } from "../../components/Icon";
import { SearchField } from "../../components/SearchField";
import { Sheet } from "../../components/Sheet";
import { WorkflowBadges } from "../../components/WorkflowBadges";
import { WorkflowPicture } from "../../components/WorkflowPicture";
import type { WorkflowSummary } from "../../gen/comfyscheduler/v1/workflow_pb";
import { plural } from "../../lib/format";
import { matches } from "../../lib/search";
import { estimateWords, problemsWords, titleOf } from "../../lib/words/workflow";
import { recentFirst, recentWorkflows } from "../../live/recent";
import { useFoundWorkflows } from "../../live/useFoundWorkflows";

/** All workflows to choose from, those that were booked last before the others, found by words. */
export function WorkflowChoices(props: {
  workflows: readonly WorkflowSummary[];
  chosenId: string;
  onChoose: (id: string) => void;
  onClose: () => void;
}) {
  const { workflows, chosenId, onChoose, onClose } = props;
  const [words, setWords] = useState("");
  const [recent] = useState(recentWorkflows);
  const search = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const all = useFoundWorkflows(workflows, words);
  const found = useMemo(() => {
    const fitting = all.filter(
      ({ id, title, description, tags, disabled }) => !disabled && matches(words, id, title, description, ...tags),
    );
    const [can, cannot] = [fitting.filter(({ bookable }) => bookable), fitting.filter(({ bookable }) => !bookable)];
    return [...recentFirst(can, recent), ...cannot];
  }, [all, words, recent]);
  return (
    <Sheet title="Choose a workflow" first={search} onClose={onClose} className="sm:max-w-4xl">
      <div className="sticky top-0 z-10 border-line border-b bg-surface px-4 py-3 sm:px-5">
        <SearchField
          label="Search by words"
          fieldRef={search}
          value={words}
          onWords={setWords}
          onKeyDown={(event) => {
            if (event.key === "Enter" && found[0]) onChoose(found[0].id);
            if (event.key === "ArrowDown") focusCard(event, list.current, 0);
          }}
        />
        <p role="status" className="sr-only">
          {plural(found.length, "workflow")}
        </p>
      </div>
      <ul
        ref={list}
        onKeyDown={(event) => steer(event, list.current, search.current)}
        className="grid grid-cols-[minmax(0,1fr)] gap-2 p-3 sm:grid-cols-2 sm:gap-3 sm:p-5 lg:grid-cols-3"
      >
        {found.map((summary) => (
          <li key={summary.id}>
            <Card
              summary={summary}
              chosen={summary.id === chosenId}
              recent={recent.indexOf(summary.id) >= 0 && words === ""}
              onChoose={() => onChoose(summary.id)}
            />
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="px-5 pb-8 text-center text-ink-soft">No workflow has these words.</p>}
    </Sheet>
  );
}

/** A workflow to choose: a row on a phone, a card with a large picture elsewhere. */
function Card(props: { summary: WorkflowSummary; chosen: boolean; recent: boolean; onChoose: () => void }) {
  const { summary, chosen, recent, onChoose } = props;
  const { id, description, tags, thumbnail, results, problems, bookable } = summary;
  return (
    <button
      type="button"
      aria-current={chosen || undefined}
      onClick={onChoose}
      className={`flex size-full min-w-0 gap-3 overflow-hidden rounded-xl border text-left transition-colors max-sm:p-2
        sm:flex-col sm:gap-0 ${
          chosen ? "border-accent bg-accent-wash" : "border-line bg-surface hover:border-line-strong hover:bg-raised"
        }`}
    >
      <span className="relative shrink-0 sm:w-full">
        <WorkflowPicture
          thumbnail={thumbnail}
          id={id}
          kind={results[0]}
          className={`size-20 rounded-lg sm:aspect-[16/9] sm:h-auto sm:w-full sm:rounded-none ${bookable ? "" : "opacity-60 saturate-50"}`}
        />
        {chosen && (
          <span className="absolute top-2 right-2 grid size-6 place-items-center rounded-full bg-accent text-on-accent">
            <Icon name="check" className="size-4" />
            <span className="sr-only">Chosen: </span>
          </span>
        )}
      </span>
      <span className="flex min-w-0 flex-1 flex-col gap-1 sm:p-3">
        <span className="line-clamp-1 font-semibold">{titleOf(summary)}</span>
        {description && <span className="line-clamp-2 text-ink-soft text-sm">{description}</span>}
        {!bookable && problems.length > 0 && (
          <span className="line-clamp-2 text-failed-ink text-xs">{problemsWords(problems.slice(0, 1))}</span>
        )}
        <span className="mt-auto flex flex-wrap items-center gap-x-2 gap-y-1 pt-1">
          <span className="flex items-center gap-1 text-ink-faint text-xs">
            <Icon name="clock" className="size-3.5 shrink-0" />
            {estimateWords(summary)}
          </span>
          {recent && <span className="text-ink-faint text-xs">· booked before</span>}
          <WorkflowBadges summary={summary} />
          {tags.slice(0, 3).map((tag) => (
            <span key={tag} className="text-ink-faint text-xs">
              #{tag}
            </span>
          ))}
        </span>
      </span>
    </button>
  );
}

/** Arrow keys walk over the cards as they lie on the page. */
function steer(event: KeyboardEvent, list: HTMLElement | null, search: HTMLElement | null): void {
  const cards = [...(list?.querySelectorAll<HTMLElement>("button") ?? [])];
  const at = cards.indexOf(document.activeElement as HTMLElement);
  if (at < 0) return;
  const columns = Math.max(
    1,
    cards.findIndex(({ offsetTop }) => offsetTop > (cards[0]?.offsetTop ?? 0)),
  );
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
  if (step === undefined) return;
  if (at + step < 0) {
    event.preventDefault();
    search?.focus();
  } else focusCard(event, list, Math.min(cards.length - 1, at + step));
}

function focusCard(event: KeyboardEvent, list: HTMLElement | null, index: number): void {
  event.preventDefault();
  list?.querySelectorAll<HTMLElement>("button")[index]?.focus();
}
