package tfx

import (
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"throughline/integrations"
	"throughline/models"
)

// database opens a read-only transaction on the store's own database.
func (s *Source) database(ctx context.Context, at address, a integrations.Account) (store, error) {
	db, err := s.pool(at, a)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	out := &tables{db: db, dollar: at.scheme == "postgres"}
	if out.tx, err = db.BeginTx(ctx, &sql.TxOptions{ReadOnly: at.scheme != "sqlite"}); err == nil {
		err = out.known(ctx)
	}
	if err != nil {
		out.close()
		return nil, unreachable(at, err)
	}
	return out, nil
}

func (s *Source) pool(at address, a integrations.Account) (*sql.DB, error) {
	switch at.scheme {
	case "sqlite":
		return sql.Open("sqlite", (&url.URL{Scheme: "file", Path: at.file, RawQuery: "mode=ro&_pragma=query_only(1)&_pragma=busy_timeout(5000)"}).String())
	case "postgres":
		return s.postgres(at, a)
	}
	return s.mysql(at, a)
}

// unreachable says in words why a store can not be read, without its driver's
// words about our account.
func unreachable(at address, err error) error {
	var ours *models.Error
	if errors.As(err, &ours) {
		return err
	}
	name := at.host
	if at.file != "" {
		name = "the file"
	}
	return models.Errorf(models.Unprocessed, "The metadata store at %s cannot be read: %w.", name, err)
}

const connectTime = 10 * time.Second

// postgres builds the connection from the settings alone: the driver would else
// take passwords, certificates and other hosts from this program's environment.
func (s *Source) postgres(at address, a integrations.Account) (*sql.DB, error) {
	host, port, err := net.SplitHostPort(at.host)
	if err != nil {
		return nil, wrong("The address has no port.")
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, wrong("%q is no port.", port)
	}
	cfg, err := pgx.ParseConfig("host=unset port=1 user=unset password=unset dbname=unset sslmode=disable passfile=/dev/null")
	if err != nil {
		return nil, err
	}
	cfg.Host, cfg.Port, cfg.Database = host, uint16(number), at.database
	cfg.User, cfg.Password = a.Get("username"), a.Get("password")
	cfg.ConnectTimeout = connectTime
	cfg.RuntimeParams = map[string]string{"default_transaction_read_only": "on", "statement_timeout": "60000", "application_name": "throughline"}
	cfg.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil } // the guard judges names too
	cfg.DialFunc = s.out.Dial
	cfg.Fallbacks, cfg.TLSConfig, cfg.ValidateConnect = nil, nil, nil
	switch a.Get("encryption") {
	case "off":
	case "verify":
		cfg.TLSConfig = &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	default:
		cfg.TLSConfig = &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, InsecureSkipVerify: true} // #nosec G402 -- "if the server can" promises no more
		cfg.Fallbacks = []*pgconn.FallbackConfig{{Host: host, Port: cfg.Port}}
	}
	return stdlib.OpenDB(*cfg), nil
}

// mysql does the same; local files are never sent.
func (s *Source) mysql(at address, a integrations.Account) (*sql.DB, error) {
	host, _, _ := net.SplitHostPort(at.host)
	cfg := mysql.NewConfig()
	cfg.Net, cfg.Addr, cfg.DBName = "tcp", at.host, at.database
	cfg.User, cfg.Passwd = a.Get("username"), a.Get("password")
	cfg.Timeout, cfg.ReadTimeout, cfg.WriteTimeout = connectTime, time.Minute, time.Minute
	cfg.DialFunc = s.out.Dial
	cfg.Logger = &mysql.NopLogger{}
	cfg.TLSConfig = map[string]string{"off": "false", "verify": "true"}[a.Get("encryption")]
	if cfg.TLSConfig == "" {
		cfg.TLSConfig = "preferred"
	}
	if cfg.TLSConfig == "true" {
		cfg.TLSConfig, cfg.TLS = "", &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}
