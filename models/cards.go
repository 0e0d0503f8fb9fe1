package models

// Sections lists the standard sections of a model card.
func Sections(markdown string) []Section { return nil }
