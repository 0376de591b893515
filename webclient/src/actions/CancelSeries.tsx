import { Confirm } from "../components/Confirm";
import { useNotify } from "../components/Notices";
import { problemOf } from "../lib/problem";
import { useLive, useLiveContext } from "../live/LiveContext";

/** The way to take back what is not over of a series, for who may; nothing when all is. */
export function CancelSeries({ seriesId, userId, rest }: { seriesId: string; userId: string; rest: number }) {
  const { api } = useLiveContext();
  const notify = useNotify();
  const may = useLive(({ me }) => me?.id === userId || (me?.administrator ?? false));
  if (!may || rest === 0) return null;
  const cancel = async () => {
    try {
      await api.scheduler.cancelSeries({ seriesId });
      notify({ about: seriesId, tone: "plain", title: "The rest of the series is cancelled." });
    } catch (cause) {
      notify({ about: seriesId, tone: "bad", title: "Not cancelled.", detail: problemOf(cause).message });
    }
  };
  return (
    <Confirm
      tone="danger"
      question={`Cancel the ${rest === 1 ? "one that is" : `${rest} that are`} not over?`}
      yes="Cancel them"
      onYes={() => void cancel()}
    >
      Cancel the rest
    </Confirm>
  );
}
