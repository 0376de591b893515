import { type FormEvent, useState } from "react";
import { Button } from "../../components/Button";
import { Complaint } from "../../components/Complaint";
import { Confirm } from "../../components/Confirm";
import { Icon } from "../../components/Icon";
import { useNotify } from "../../components/Notices";
import { Tag } from "../../components/Tag";
import type { Token } from "../../gen/comfyscheduler/v1/identity_pb";
import { formatAge, formatFull } from "../../lib/format";
import { problemOf } from "../../lib/problem";
import { useCall } from "../../lib/useCall";
import { useLiveContext } from "../../live/LiveContext";
import { useNow } from "../../live/now";

/** One token: what it is for and when it was used; renamed and revoked in place. */
export function TokenRow({ token, onChange }: { token: Token; onChange: () => Promise<void> }) {
  const { api } = useLiveContext();
  const notify = useNotify();
  const now = useNow(60_000);
  const [naming, setNaming] = useState(false);
  const { id, name, current, createdAtMs, lastUsedAtMs } = token;

  const revoke = async () => {
    try {
      await api.identity.revokeToken({ tokenId: id });
      notify({ tone: "good", title: `“${name}” is revoked.` });
    } catch (cause) {
      notify({ tone: "bad", title: "Not revoked.", detail: problemOf(cause).message });
    }
    await onChange();
  };

  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-2 border-line border-t px-4 py-3 sm:px-5">
      {naming ? (
        <NameForm token={token} onChange={onChange} onDone={() => setNaming(false)} />
      ) : (
        <>
          <div className="min-w-0 flex-1 basis-36">
            <p className="flex flex-wrap items-center gap-x-2 font-medium">
              <span className="break-words [overflow-wrap:anywhere]">{name || "Without a name"}</span>
              {current && <Tag>This browser</Tag>}
            </p>
            <p className="text-ink-soft text-sm">
              <span title={formatFull(Number(createdAtMs))}>Made {formatAge(Number(createdAtMs), now)}</span>,{" "}
              {lastUsedAtMs === 0n ? (
                "never used"
              ) : (
                <span title={formatFull(Number(lastUsedAtMs))}>used {formatAge(Number(lastUsedAtMs), now)}</span>
              )}
            </p>
          </div>
          <Button tone="bare" icon label={`Rename ${name}`} onClick={() => setNaming(true)}>
            <Icon name="pencil" />
          </Button>
          {!current && (
            <Confirm
              tone="danger"
              question={`Revoke “${name}”? Whatever uses it is signed out at once.`}
              yes="Revoke"
              label={`Revoke ${name}`}
              onYes={() => void revoke()}
            >
              Revoke
            </Confirm>
          )}
        </>
      )}
    </li>
  );
}

function NameForm(props: { token: Token; onChange: () => Promise<void>; onDone: () => void }) {
  const { token, onChange, onDone } = props;
  const { api } = useLiveContext();
  const [value, setValue] = useState(token.name);
  const { busy, problem, run } = useCall();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const renamed = await run(async () => {
      await api.identity.updateToken({ tokenId: token.id, name: value.trim() });
      await onChange();
    });
    if (renamed) onDone();
  };
  return (
    <form onSubmit={submit} className="flex w-full flex-wrap items-center gap-2">
      <input
        // biome-ignore lint/a11y/noAutofocus: the visitor has just asked to type here
        autoFocus
        aria-label="Name of the token"
        aria-invalid={problem !== undefined}
        required
        maxLength={100}
        value={value}
        onFocus={(event) => event.target.select()}
        onChange={(event) => setValue(event.target.value)}
        onKeyDown={(event) => event.key === "Escape" && onDone()}
        className="field min-w-0 flex-1 basis-56 py-1.5"
      />
      <Button type="submit" tone="primary" disabled={busy || value.trim() === ""}>
        Save
      </Button>
      <Button tone="bare" onClick={onDone}>
        Cancel
      </Button>
      {problem && <Complaint className="w-full">{problem.fields.get("name") ?? problem.message}</Complaint>}
    </form>
  );
}
