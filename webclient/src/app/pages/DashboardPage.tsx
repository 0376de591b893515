import { useLive } from "../../live/LiveContext";

export default function DashboardPage() {
  const connections = useLive((state) => state.connections);
  return <main className="p-6">{[...connections.values()].map((connection) => connection.userName).join(", ")}</main>;
}
