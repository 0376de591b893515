package booking_test

import (
	"fmt"
	"testing"
)

// BenchmarkBookOverLanes books the next free slot on whichever worker it comes first.
func BenchmarkBookOverLanes(b *testing.B) {
	for _, lanes := range []int{1, 100} {
		b.Run(fmt.Sprint(lanes), func(b *testing.B) {
			d := open(b, b.TempDir())
			var names []string
			for i := range lanes {
				names = append(names, fmt.Sprintf("gpu-%d", i))
			}
			d.offer(names...)
			for range 5000 {
				if _, err := d.Book(b.Context(), d.ada, request(next(d.in(0)))); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				if _, err := d.Book(b.Context(), d.ada, request(next(d.in(0)))); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
