import type { Connection } from "../../gen/comfyscheduler/v1/state_pb";
import { formatDistance, formatFull, plural } from "../../lib/format";
import { useLive } from "../../live/LiveContext";
import { useUserName } from "../../live/names";
import { useNow } from "../../live/now";

/** Who is connected, and from where as far as the visitor may know. */
export function Connections() {
  const connections = useLive((state) => state.connections);
  const total = useLive(({ presence }) => presence?.connections ?? 0);
  const now = useNow(5_000);
  const rows = [...connections.values()].sort((a, b) => Number(a.connectedAtMs - b.connectedAtMs));
  const more = total - rows.length;
  const addresses = rows.some(({ ip }) => ip !== "");
  return (
    <section aria-label="Connected users" className="card overflow-hidden">
      <h2 className="px-4 pt-4 pb-2 font-semibold">Connected users</h2>
      <div className="max-h-80 overflow-auto">
        <table className="w-full text-left text-sm">
          <thead className="sticky top-0 bg-surface text-ink-faint text-xs">
            <tr>
              <th className="px-4 py-1.5 font-medium">User</th>
              <th className="px-2 py-1.5 font-medium">From</th>
              <th className="px-4 py-1.5 text-right font-medium">Since</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((connection) => (
              <ConnectionRow key={connection.connectionId} connection={connection} now={now} addresses={addresses} />
            ))}
          </tbody>
        </table>
        {more > 0 && <p className="px-4 pb-4 text-ink-soft text-sm">And {plural(more, "earlier connection")}.</p>}
        {rows.length === 0 && <p className="px-4 pb-4 text-ink-soft text-sm">Nobody is connected.</p>}
      </div>
    </section>
  );
}

function ConnectionRow(props: { connection: Connection; now: number; addresses: boolean }) {
  const { connection, now, addresses } = props;
  const { connectionId, userId, ip, client } = connection;
  const own = useLive((state) => state.connectionId === connectionId);
  const name = useUserName(connection);
  const since = Number(connection.connectedAtMs);
  return (
    <tr className="border-line border-t align-top">
      <td className="px-4 py-2">
        <span className="font-medium [overflow-wrap:anywhere]">{name}</span>
        {own && <span className="text-ink-faint"> (you)</span>}
        <span className="block text-ink-faint text-xs" title={`User ${userId}, connection ${connectionId}`}>
          {userId.slice(0, 8)}
        </span>
      </td>
      <td className="px-2 py-2 text-ink-soft">
        {client || "unknown"}
        {addresses && <span className="block text-xs">{ip}</span>}
      </td>
      <td className="whitespace-nowrap px-4 py-2 text-right text-ink-soft" title={formatFull(since)}>
        {formatDistance(Math.min(since, now), now)}
      </td>
    </tr>
  );
}
