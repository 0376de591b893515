import { BooleanField } from "./BooleanField";
import { ChoiceField } from "./ChoiceField";
import { FileField } from "./FileField";
import type { InputFieldProps } from "./inputProps";
import { NumberField } from "./NumberField";
import { SeedField } from "./SeedField";
import { TextField } from "./TextField";

/** One value of the workflow, in the field that fits its kind. */
export function InputField(props: InputFieldProps) {
  switch (props.input.kind.case) {
    case "boolean":
      return <BooleanField {...props} />;
    case "choice":
      return <ChoiceField {...props} />;
    case "integer":
    case "number":
      return <NumberField {...props} />;
    case "seed":
      return <SeedField {...props} />;
    case "file":
      return <FileField {...props} />;
    default:
      return <TextField {...props} />;
  }
}
