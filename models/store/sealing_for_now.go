package store

func (s *Store) seal(purpose string, id int64, plain []byte) (string, error) {
	return string(plain), nil
}

func (s *Store) unseal(purpose string, id int64, sealed string) ([]byte, error) {
	return []byte(sealed), nil
}
