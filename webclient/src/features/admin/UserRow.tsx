import { useState } from "react";
import { Link } from "react-router";
import { Button } from "../../components/Button";
import { Confirm } from "../../components/Confirm";
import { useNotify } from "../../components/Notices";
import { Secret } from "../../components/Secret";
import { Tag } from "../../components/Tag";
import type { User, UserAccount } from "../../gen/comfyscheduler/v1/identity_pb";
import { formatAge, formatFull, plural } from "../../lib/format";
import { problemOf } from "../../lib/problem";
import { useLive, useLiveContext } from "../../live/LiveContext";
import { useNow } from "../../live/now";

/** A user, and what an administrator may do about one. */
export function UserRow({ account, onChange }: { account: UserAccount; onChange: () => Promise<void> }) {
  const now = useNow(60_000);
  const me = useLive((state) => state.me?.id === account.user?.id);
  const { user, tokens, lastUsedAtMs } = account;
  if (!user) return null;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 border-line border-t px-4 py-3 sm:px-5">
      <div className="min-w-0 flex-1 basis-64">
        <p className="flex flex-wrap items-center gap-2 font-medium">
          <span className="truncate" title={`User ${user.id}`}>
            {user.name}
          </span>
          {user.administrator && <Tag round>Administrator</Tag>}
          {me && <span className="font-normal text-ink-faint text-sm">you</span>}
        </p>
        <p className="text-ink-soft text-sm">
          <span title={formatFull(Number(user.createdAtMs))}>Made {formatAge(Number(user.createdAtMs), now)}</span>,{" "}
          {tokens === 0 ? "no tokens" : plural(tokens, "token")}
          {lastUsedAtMs > 0n && (
            <span title={formatFull(Number(lastUsedAtMs))}>, seen {formatAge(Number(lastUsedAtMs), now)}</span>
          )}
        </p>
      </div>
      <UserControls user={user} tokens={tokens} onChange={onChange} />
    </li>
  );
}

function UserControls(props: { user: User; tokens: number; onChange: () => Promise<void> }) {
  const { user, tokens, onChange } = props;
  const { api } = useLiveContext();
  const notify = useNotify();
  const [secret, setSecret] = useState("");

  const act = async (work: () => Promise<string>) => {
    try {
      const title = await work();
      if (title) notify({ tone: "good", title });
    } catch (cause) {
      notify({ tone: "bad", title: "Nothing was changed.", detail: problemOf(cause).message });
    }
    await onChange();
  };
  const setAdministrator = (administrator: boolean) =>
    act(async () => {
      const updateMask = { paths: ["administrator"] };
      await api.admin.updateUser({ userId: user.id, administrator, updateMask });
      return administrator ? `${user.name} is an administrator now.` : `${user.name} is no administrator any more.`;
    });
  const newToken = () =>
    act(async () => {
      setSecret((await api.admin.createUserToken({ userId: user.id, name: "from an administrator" })).secret);
      return "";
    });
  const revoke = () =>
    act(async () => {
      const { revoked } = await api.admin.revokeUserTokens({ userId: user.id });
      return `${plural(revoked, "token")} of ${user.name} revoked.`;
    });
  const remove = () =>
    act(async () => {
      const { cancelledBookings } = await api.admin.deleteUser({ userId: user.id, cancelBookings: true });
      return `${user.name} is deleted, ${plural(cancelledBookings, "booking")} cancelled.`;
    });

  return (
    <>
      <div className="flex flex-wrap items-center gap-2">
        <Link to={`/admin/audit?user=${user.id}`} className="rounded px-1 text-accent-ink text-sm hover:underline">
          History
        </Link>
        {user.administrator ? (
          <Confirm
            question={`${user.name} will not see others' private jobs or change them any more. End it?`}
            yes="End it"
            label={`No administrator: ${user.name}`}
            onYes={() => void setAdministrator(false)}
          >
            No administrator
          </Confirm>
        ) : (
          <Confirm
            question={`${user.name} will see everything and may change anybody's job. Make an administrator?`}
            yes="Make administrator"
            label={`Make administrator: ${user.name}`}
            onYes={() => void setAdministrator(true)}
          >
            Make administrator
          </Confirm>
        )}
        <Button aria-label={`New token for ${user.name}`} onClick={() => void newToken()}>
          New token
        </Button>
        {tokens > 0 && (
          <Confirm
            tone="danger"
            question={`Everything that acts as ${user.name} is signed out at once. The jobs stay. Revoke ${plural(tokens, "token")}?`}
            yes="Revoke"
            label={`Revoke tokens of ${user.name}`}
            onYes={() => void revoke()}
          >
            Revoke tokens
          </Confirm>
        )}
        <Confirm
          tone="danger"
          question={`${user.name} is signed out at once, bookings are cancelled, prompts erased. It cannot be taken back. Delete?`}
          yes="Delete"
          label={`Delete ${user.name}`}
          onYes={() => void remove()}
        >
          Delete
        </Confirm>
      </div>
      {secret && (
        <div className="w-full">
          <Secret
            key={secret}
            label={`New token of ${user.name}`}
            value={secret}
            note="Pass it on now: it is not shown again. Those there were stay good."
            onDone={() => setSecret("")}
          />
        </div>
      )}
    </>
  );
}
