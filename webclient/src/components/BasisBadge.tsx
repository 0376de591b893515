import { EstimateBasis } from "../gen/comfyscheduler/v1/estimate_pb";
import { Badge } from "./Badge";

/** How sure an estimate is, honestly. */
export function BasisBadge({ basis }: { basis: EstimateBasis }) {
  switch (basis) {
    case EstimateBasis.LEARNED:
      return (
        <Badge
          tone="good"
          icon="check"
          title="Learned from runs of this workflow on this worker, with the values that they had."
        >
          Learned
        </Badge>
      );
    case EstimateBasis.MEASURED:
      return <Badge title="One run was measured. It gets better with every run.">Measured once</Badge>;
    case EstimateBasis.GUESS:
      return (
        <Badge
          tone="busy"
          title="Nothing like it has run here yet: taken from what is closest. It gets better with every run."
        >
          A guess
        </Badge>
      );
    default:
      return null;
  }
}
