import { BootSteps } from "../../components/BootSteps";
import { useLive } from "../../live/LiveContext";
import { selectWorkers } from "../../live/selectors";

/** Stands where bookings are made until the first slot length is known. */
export function BootCard() {
  const workers = useLive(selectWorkers);
  const reason = useLive((state) => state.system?.reason ?? "");
  return (
    <section aria-label="Start-up" className="card space-y-4 p-4 sm:p-5">
      <div>
        <h2 className="font-semibold text-lg">ComfyUI is starting</h2>
        <p className="text-ink-soft">
          {reason && `${reason.replace(/[.]$/, "")}. `}Slots can be booked as soon as it is known how long a generation
          takes.
        </p>
      </div>
      {workers.map(({ id, bootSteps }) => (
        <div key={id} className="space-y-2">
          {workers.length > 1 && <h3 className="font-medium text-sm">{id}</h3>}
          <BootSteps steps={bootSteps} />
        </div>
      ))}
    </section>
  );
}
