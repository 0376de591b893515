package media

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"math"
)

// GLB returns a shape: a ball with bumps, the same ones for the same words. Its texts are the asset's extras.
func GLB(words string, texts []Text) ([]byte, error) {
	points, triangles := bumpyBall(words)
	var data []byte
	low, high := [3]float32{1e9, 1e9, 1e9}, [3]float32{-1e9, -1e9, -1e9}
	for _, p := range points {
		for axis, value := range p {
			low[axis], high[axis] = min(low[axis], value), max(high[axis], value)
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(value))
		}
	}
	split := len(data)
	for _, index := range triangles {
		data = binary.LittleEndian.AppendUint32(data, index)
	}
	type object = map[string]any
	extras := object{}
	for _, text := range texts {
		extras[text.Keyword] = text.Value
	}
	const floats, integers = 5126, 5125
	document, err := json.Marshal(object{
		"asset":   object{"version": "2.0", "generator": "simulated", "extras": extras},
		"scene":   0,
		"scenes":  []object{{"nodes": []int{0}}},
		"nodes":   []object{{"mesh": 0}},
		"meshes":  []object{{"primitives": []object{{"attributes": object{"POSITION": 0}, "indices": 1, "mode": 4}}}},
		"buffers": []object{{"byteLength": len(data)}},
		"bufferViews": []object{
			{"buffer": 0, "byteOffset": 0, "byteLength": split, "target": 34962},
			{"buffer": 0, "byteOffset": split, "byteLength": len(data) - split, "target": 34963},
		},
		"accessors": []object{
			{"bufferView": 0, "componentType": floats, "count": len(points), "type": "VEC3", "min": low, "max": high},
			{"bufferView": 1, "componentType": integers, "count": len(triangles), "type": "SCALAR"},
		},
	})
	if err != nil {
		return nil, err
	}
	for len(document)%4 != 0 {
		document = append(document, ' ')
	}
	out := append([]byte("glTF"), 2, 0, 0, 0)
	out = binary.LittleEndian.AppendUint32(out, uint32(12+8+len(document)+8+len(data)))
	out = binary.LittleEndian.AppendUint32(out, uint32(len(document)))
	out = append(append(out, "JSON"...), document...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(data)))
	return append(append(out, "BIN\x00"...), data...), nil
}

func bumpyBall(words string) (points [][3]float32, triangles []uint32) {
	const rings, around = 24, 32
	dice := sha256.Sum256([]byte(words))
	wave := func(i int) float64 { return float64(dice[i]) / 255 }
	for ring := range rings + 1 {
		for step := range around {
			down, turn := math.Pi*float64(ring)/rings, 2*math.Pi*float64(step)/around
			bump := wave(0)*0.3*math.Sin(turn*float64(2+dice[1]%4))*math.Sin(down) + wave(2)*0.3*math.Cos(down*float64(2+dice[3]%5))
			r := 1 + bump
			points = append(points, [3]float32{
				float32(r * math.Sin(down) * math.Cos(turn)), float32(r * math.Cos(down)), float32(r * math.Sin(down) * math.Sin(turn)),
			})
			if ring == rings {
				continue
			}
			a, b := uint32(ring*around+step), uint32(ring*around+(step+1)%around)
			triangles = append(triangles, a, b, a+around, b, b+around, a+around)
		}
	}
	return points, triangles
}
