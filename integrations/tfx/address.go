package tfx

import (
	"context"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"

	"throughline/integrations"
	"throughline/models"
)

// address says where a store is and how it is asked.
type address struct {
	scheme   string // grpc, grpcs, postgres, mysql, sqlite
	host     string // HOST:PORT
	database string
	file     string
}

var (
	databaseName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$`)
	ports        = map[string]string{"grpc": "8080", "grpcs": "443", "postgres": "5432", "mysql": "3306"}
)

func wrong(format string, args ...any) error {
	return models.FieldErrorf(models.Unprocessed, "store", format, args...)
}

// address reads the setting "store".
func (s *Source) address(a integrations.Account) (out address, err error) {
	raw := strings.TrimSpace(a.Get("store"))
	if name, ok := strings.CutPrefix(raw, "sqlite:"); ok {
		return s.local(name)
	}
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" {
		return out, wrong("Write the store as grpc://HOST:8080, postgres://HOST/DATABASE, mysql://HOST/DATABASE or sqlite:FILE.")
	}
	if u.Scheme == "postgresql" {
		u.Scheme = "postgres"
	}
	port, known := ports[u.Scheme]
	switch {
	case !known:
		return out, wrong("%q is none of grpc, grpcs, postgres, mysql and sqlite.", u.Scheme)
	case u.User != nil:
		return out, wrong("Leave the user name and password out of the address; there are settings for them.")
	case u.RawQuery != "" || u.Fragment != "":
		return out, wrong("Leave out what follows the database's name.")
	}
	if u.Port() != "" {
		port = u.Port()
	}
	out = address{scheme: u.Scheme, host: joined(u.Hostname(), port), database: strings.Trim(u.Path, "/")}
	if strings.HasPrefix(u.Scheme, "grpc") != (out.database == "") {
		return out, wrong("A database's address ends with its name, a gRPC server's with its port.")
	}
	if out.database != "" && !databaseName.MatchString(out.database) {
		return out, wrong("%q is no name of a database.", out.database)
	}
	return out, nil
}

func joined(host, port string) string {
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return host + ":" + port
}

// local is a file below the folder that the operator opened. Whoever may connect a
// source may not name other files, nor reach them by links.
func (s *Source) local(name string) (address, error) {
	if s.folder == "" {
		return address{}, wrong("This hub reads no SQLite files: the operator starts it with --mlmd-dir FOLDER to allow those in a folder.")
	}
	name = strings.TrimPrefix(name, "//")
	if !filepath.IsLocal(name) {
		return address{}, wrong("Name the file by its path below the operator's folder, such as sqlite:metadata.db.")
	}
	folder, err := filepath.EvalSymlinks(s.folder)
	if err != nil {
		return address{}, wrong("The operator's folder for metadata files is not there.")
	}
	file, err := filepath.EvalSymlinks(filepath.Join(folder, name))
	if err != nil {
		return address{}, wrong("There is no file %q in the operator's folder.", name)
	}
	if inside, err := filepath.Rel(folder, file); err != nil || !filepath.IsLocal(inside) {
		return address{}, wrong("The file %q is outside of the operator's folder.", name)
	}
	return address{scheme: "sqlite", file: file}, nil
}

// open connects to the account's store and refuses a schema that it does not know.
func (s *Source) open(ctx context.Context, a integrations.Account) (store, error) {
	at, err := s.address(a)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(at.scheme, "grpc") {
		return s.server(ctx, at)
	}
	return s.database(ctx, at, a)
}
