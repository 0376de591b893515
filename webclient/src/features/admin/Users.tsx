import { useCallback } from "react";
import { ListEnd } from "../../components/ListEnd";
import type { UserAccount } from "../../gen/comfyscheduler/v1/identity_pb";
import { usePages } from "../../lib/usePages";
import { useLiveContext } from "../../live/LiveContext";
import { NewUser } from "./NewUser";
import { UserRow } from "./UserRow";

/** Everybody there is, latest first. */
export default function Users() {
  const { api } = useLiveContext();
  const list = usePages<UserAccount>(
    useCallback(
      async (pageToken, signal) => {
        const { users, nextPageToken } = await api.admin.listUsers({ pageToken }, signal ? { signal } : {});
        return { rows: users, next: nextPageToken };
      },
      [api],
    ),
  );
  return (
    <section aria-label="Users" className="card min-w-0 overflow-hidden">
      <title>Users · ComfyScheduler</title>
      <div className="p-4 sm:p-5">
        <NewUser onMade={list.refresh} />
      </div>
      <ul>
        {list.rows.map((account) => (
          <UserRow key={account.user?.id} account={account} onChange={list.refresh} />
        ))}
      </ul>
      <ListEnd {...list} empty="" more={list.next !== ""} onMore={list.more} />
    </section>
  );
}
