-- Which family shows which rule: one of its projects does.
--   in:  shows_of_projects, standing_of_projects
--   out: project_id (the family), n
SELECT DISTINCT s.family AS project_id, w.n
FROM shows_of_projects AS w
JOIN standing_of_projects AS s ON s.unit = w.project_id
