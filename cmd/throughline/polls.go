package main

import (
	"context"
	"maps"
	"time"

	"throughline/integrations"
	"throughline/models"
	"throughline/models/store"
)

// polls is the store as the poll loop wants it.
type polls struct{ *store.Store }

// PollTargets lists the integrations, each with its secrets among its settings:
// none while another process polls.
func (p polls) PollTargets(ctx context.Context) ([]integrations.PollTarget, error) {
	if !p.Leads(ctx) {
		return nil, nil
	}
	list, err := p.Store.PollTargets(ctx)
	targets := make([]integrations.PollTarget, len(list))
	for n, i := range list {
		targets[n] = integrations.PollTarget{Source: i.Source, Account: account(i), Cursor: i.Cursor, PausedUntil: i.PausedUntil}
	}
	return targets, err
}

// ReportTargets lists the same integrations for reports: whom a person has asked
// no more is told nothing either.
func (p polls) ReportTargets(ctx context.Context) ([]integrations.ReportTarget, error) {
	list, err := p.PollTargets(ctx)
	out := make([]integrations.ReportTarget, len(list))
	for n, t := range list {
		out[n] = integrations.ReportTarget{Source: t.Source, Account: t.Account}
	}
	return out, err
}

func account(i store.Integration) integrations.Account {
	settings := maps.Clone(i.Settings)
	maps.Copy(settings, i.Secrets)
	return integrations.Account{ID: i.ID, Name: i.Name, Settings: settings}
}

// ApplyPoll saves what a poll said together with its cursor.
func (p polls) ApplyPoll(ctx context.Context, target integrations.PollTarget, batch models.Batch) error {
	integration, err := p.IntegrationFor(ctx, target.Source, target.Account.Name)
	if err != nil {
		return err
	}
	return p.Store.ApplyPoll(ctx, integration, target.Cursor, batch)
}

// ApplyAnswers keeps what a source answered about single commits.
func (p polls) ApplyAnswers(ctx context.Context, target integrations.PollTarget, batch models.Batch, answers []models.Answer) error {
	integration, err := p.IntegrationFor(ctx, target.Source, target.Account.Name)
	if err != nil {
		return err
	}
	return p.Store.ApplyAnswers(ctx, integration, batch, answers)
}

// PollFailed records why a poll failed and until when it rests.
func (p polls) PollFailed(ctx context.Context, id int64, problem string, pausedUntil time.Time) error {
	return p.Store.PollFailed(ctx, id, problem, pausedUntil)
}
