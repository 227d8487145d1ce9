-- Percent of the money spent; NULL where the time had not come when the row was written.

ALTER TABLE arbitrage_opportunities ADD COLUMN closed_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE arbitrage_opportunities ADD COLUMN signalled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE arbitrage_opportunities ADD COLUMN capturable_0ms REAL;
ALTER TABLE arbitrage_opportunities ADD COLUMN capturable_50ms REAL;
ALTER TABLE arbitrage_opportunities ADD COLUMN capturable_100ms REAL;
ALTER TABLE arbitrage_opportunities ADD COLUMN capturable_250ms REAL;
ALTER TABLE arbitrage_opportunities ADD COLUMN capturable_500ms REAL;
ALTER TABLE arbitrage_opportunities ADD COLUMN path TEXT NOT NULL DEFAULT '[]';
