-- The newest ranking.
SELECT ranked_on, source, project, rank, downloads
FROM rankings
WHERE ranked_on = (SELECT max(ranked_on) FROM rankings)
