// Package tape reads a JSON text once and keeps where each value is, so that whatever follows
// neither reads the text again nor copies a part of it to look into it.
//
// It takes less than JSON: what it says yes to, a decoder that refuses duplicate names and invalid
// UTF-8 takes too, and makes the same of it. What it says no to may still be good: the decoder
// decides, and says what is wrong. Fuzz targets hold it to that.
package tape
