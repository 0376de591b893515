import { useState } from "react";
import { Icon, type IconName } from "../../components/Icon";

/** Where a small picture may be: at the first of these addresses that has one. */
type Source = string | readonly string[];

/** A small picture of a file, or what stands for one. Beside its name it says nothing to those who listen. */
export function FileTile({ source, icon, className = "" }: { source: Source; icon: IconName; className?: string }) {
  const [broken, setBroken] = useState<readonly string[]>([]);
  const from = [source].flat().find((address) => address !== "" && !broken.includes(address));
  if (from !== undefined)
    return (
      <img
        src={from}
        alt=""
        decoding="async"
        loading="lazy"
        draggable={false}
        onError={() => setBroken((before) => [...before, from])}
        className={`checker shrink-0 rounded-lg object-cover ${className}`}
      />
    );
  return (
    <span
      aria-hidden="true"
      className={`grid shrink-0 place-items-center rounded-lg bg-accent-wash text-accent-ink ${className}`}
    >
      <Icon name={icon} className="size-7" />
    </span>
  );
}
