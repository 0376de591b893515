import type { LanePlacement } from "../../lib/lanes";
import type { Viewer } from "../../lib/words/words";
import { Ghost } from "./Ghost";
import { NowChip } from "./NowChip";
import type { View } from "./scale";

/** OverlayProps are what is drawn over the blocks. */
export interface OverlayProps {
  readonly view: View;
  readonly now: number;
  readonly viewer: Viewer;
  /** The slot under the pointer, the one of a block in the hand, and the chosen one. */
  readonly ghost: LanePlacement | undefined;
  readonly drag: LanePlacement | undefined;
  readonly chosen: LanePlacement | undefined;
  /** Lanes; 0 when there is one alone. */
  readonly rows: number;
  readonly rowOf: (workerId: string) => number;
  /** Nothing is booked in what is shown. */
  readonly empty: boolean;
  /** Books the chosen slot. */
  readonly onBook: () => void;
}

/** Slots that are not booked yet, and now. */
export function Overlay({ view, now, viewer, ghost, drag, chosen, rows, rowOf, empty, onBook }: OverlayProps) {
  const lane = ({ workerId }: LanePlacement) => {
    const row = rowOf(workerId);
    return { row, low: rows > 1 && row === rows - 1 };
  };
  const common = { view, now, viewer };
  return (
    <div className="tl-overlay">
      <div className="tl-sticky">
        <NowChip view={view} now={now} />
      </div>
      {empty && !ghost && !chosen && <p className="tl-empty">Nothing is booked here. Take your slot.</p>}
      {ghost && <Ghost {...common} {...lane(ghost)} placement={ghost} />}
      {drag && <Ghost {...common} {...lane(drag)} placement={drag} />}
      {chosen && <Ghost {...common} {...lane(chosen)} placement={chosen} pinned onBook={onBook} />}
    </div>
  );
}
