package sqlite_test

// page bytes are kept or lost by the system as one.
const page = 4096

// cachedFile is a file as the system reads it, and as a power cut would leave it.
type cachedFile struct {
	cache, safe []byte
	dirty       map[int]bool // pages
	written     bool         // by SQLite, since it was aged
}

func (f *cachedFile) write(data []byte, at int) {
	f.written = true
	if end := at + len(data); end > len(f.cache) {
		f.cache = append(f.cache, make([]byte, end-len(f.cache))...)
	}
	copy(f.cache[at:], data)
	for p := at / page; p <= (at+len(data)-1)/page; p++ {
		f.dirty[p] = true
	}
}

// save makes safe what was written since the last sync.
func (f *cachedFile) save() {
	if more := len(f.cache) - len(f.safe); more > 0 {
		f.safe = append(f.safe, make([]byte, more)...)
	}
	f.safe = f.safe[:len(f.cache)]
	for p := range f.dirty {
		if from := p * page; from < len(f.cache) {
			copy(f.safe[from:], f.cache[from:min(len(f.cache), from+page)])
		}
	}
}

func (f *cachedFile) truncate(size int) {
	f.written = true
	f.cache = append(f.cache, make([]byte, max(0, size-len(f.cache)))...)[:size]
}
