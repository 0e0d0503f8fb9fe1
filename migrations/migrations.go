// Package migrations holds the numbered SQL of both databases.
package migrations

import "embed"

// SQLite and Postgres hold the files of one dialect each, below a folder of its name.
//
//go:embed sqlite/*.sql
var SQLite embed.FS

//go:embed postgres/*.sql
var Postgres embed.FS
