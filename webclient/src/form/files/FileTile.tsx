import { useState } from "react";
import { Icon, type IconName } from "../../components/Icon";

/** A small picture of a file, or what stands for one. Beside its name it says nothing to those who listen. */
export function FileTile({ source, icon, className = "" }: { source: string; icon: IconName; className?: string }) {
  const [broken, setBroken] = useState("");
  if (source !== "" && broken !== source)
    return (
      <img
        src={source}
        alt=""
        decoding="async"
        loading="lazy"
        draggable={false}
        onError={() => setBroken(source)}
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
