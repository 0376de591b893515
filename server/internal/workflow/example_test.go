package workflow_test

import (
	"encoding/json"
	"fmt"

	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Values keep their kinds when they are stored: a seed of 64 bits is not rounded as a number would be.
func ExampleValues() {
	values := workflow.Values{
		"prompt": workflow.Text("a red fox"),
		"seed":   workflow.Seed(18446744073709551615),
		"steps":  workflow.Integer(8),
	}
	stored, err := json.Marshal(values)
	if err != nil {
		fmt.Println(err)
		return
	}
	var read workflow.Values
	if err := json.Unmarshal(stored, &read); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(read.Prompt())
	fmt.Println(read["seed"] == values["seed"], read["steps"] == values["steps"])
	// Output:
	// a red fox
	// true true
}
