-- The rules of the catalog that the newest numbers were made with.
SELECT rule, kind, category, severity, sentence, problem, next_steps, "precision", precision_n, definition, catalog
FROM rules
WHERE catalog = (SELECT catalog FROM runs WHERE stage = 'prevalence' ORDER BY started_at DESC, run_id DESC LIMIT 1)
