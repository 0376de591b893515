package api

// largest is the largest page that the server gives.
const largest = 500

// ReadPages reads pages until there are limit things or no more. page reads one of at most size things and tells how many came.
// more reports whether the server has further ones.
func ReadPages(limit int, page func(size int32, token string) (n int, next string, err error)) (more bool, err error) {
	token := ""
	for got := 0; got < limit; {
		n, next, err := page(int32(min(limit-got, largest)), token)
		if err != nil {
			return false, err
		}
		got, token = got+n, next
		if token == "" {
			return false, nil
		}
	}
	return true, nil
}
