package lookalike

// lazy is JSON that is made when it is written: of a long list only a page is.
type lazy func() object

// MarshalJSON makes it.
func (l lazy) MarshalJSON() ([]byte, error) { return encode(l()), nil }
