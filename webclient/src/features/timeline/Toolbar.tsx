import { Button } from "../../components/Button";
import { Icon } from "../../components/Icon";

const legend = [
  ["bg-accent", "Yours"],
  ["bg-waiting", "Others"],
  ["bg-running", "Running"],
  ["bg-done", "Done"],
  ["bg-failed", "Failed"],
] as const;

/** ToolbarProps are the ways to move the view. */
export interface ToolbarProps {
  readonly following: boolean;
  readonly onNow: () => void;
  readonly onPan: (share: number) => void;
  readonly onZoom: (factor: number) => void;
}

export function Toolbar({ following, onNow, onPan, onZoom }: ToolbarProps) {
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1 px-3 pt-2 sm:px-4">
      <h2 className="font-semibold">Timeline</h2>
      <ul aria-label="Colours" className="flex gap-3 text-ink-soft text-xs max-md:hidden">
        {legend.map(([colour, word]) => (
          <li key={word} className="flex items-center gap-1.5">
            <span className={`size-2.5 rounded-[3px] ${colour}`} />
            {word}
          </li>
        ))}
      </ul>
      <div className="ml-auto flex items-center gap-0.5">
        <Button tone="bare" icon label="Earlier" onClick={() => onPan(-0.5)}>
          <Icon name="chevronLeft" />
        </Button>
        <Button
          tone="bare"
          onClick={onNow}
          aria-pressed={following}
          title={following ? "The timeline follows now" : "Jump to now and follow it"}
          className={following ? "text-accent-ink" : ""}
        >
          <span className={`size-2 rounded-full ${following ? "bg-accent" : "border border-ink-faint"}`} />
          Now
        </Button>
        <Button tone="bare" icon label="Later" onClick={() => onPan(0.5)}>
          <Icon name="chevronRight" />
        </Button>
        <span className="mx-1 h-5 w-px bg-line" />
        <Button tone="bare" icon label="Zoom out" onClick={() => onZoom(1.7)}>
          <Icon name="minus" />
        </Button>
        <Button tone="bare" icon label="Zoom in" onClick={() => onZoom(1 / 1.7)}>
          <Icon name="plus" />
        </Button>
      </div>
    </div>
  );
}
