// Package sqlite3 is empty on purpose. gorm's SQLite dialector imports the C
// driver for its side effect only; Throughline runs on the pure Go driver, so
// that a fresh machine needs no C compiler and no minutes of C build.
package sqlite3
