package handlers

import "slices"

// pageRoutes are the pages and their forms.
func (h *Handlers) pageRoutes() []Route {
	return slices.Concat(h.homeRoutes(), h.boardRoutes(), h.subjectRoutes(), h.fileRoutes(), h.artifactPages(), h.listRoutes(), h.pipelineRoutes(), h.datasetRoutes(), h.lineRoutes(),
		h.settingsRoutes(), h.tokenRoutes(), h.botRoutes(), h.integrationRoutes(), h.importRoutes(), h.repositoryRoutes(), h.accountRoutes(), h.auditRoutes(), h.privacyRoutes(), h.staticRoutes(),
		h.compareRoutes(), h.runViewRoutes(), h.registryRoutes(), h.teamRoutes(), h.invitationRoutes(), h.inviteRoutes(), h.handoverRoutes())
}
