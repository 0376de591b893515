import { Button } from "../components/Button";
import { Icon } from "../components/Icon";
import { randomSeed } from "../lib/random";
import { InputField, type InputFieldProps } from "./InputField";

/** The number that randomness starts from, with a die to throw. */
export function SeedField(props: InputFieldProps) {
  const { kind } = props.input;
  const { min, max } = kind.case === "seed" ? kind.value : { min: 0n, max: 2n ** 64n - 1n };
  return (
    <div className="flex items-start gap-2">
      <div className="min-w-0 flex-1">
        <InputField {...props} />
      </div>
      <Button
        className="mt-6 min-h-10"
        title="Random seed"
        onClick={() => props.onChange(randomSeed(min, max).toString())}
      >
        <Icon name="dice" />
        <span className="sr-only">Random seed</span>
      </Button>
    </div>
  );
}
